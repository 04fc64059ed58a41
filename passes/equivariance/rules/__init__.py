"""Rules: functions from a program to what they found, each with its lemma at the head; ``listed.py`` has them all."""

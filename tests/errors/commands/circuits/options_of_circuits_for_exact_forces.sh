qffc relax trained:water --geometry water --max-hqc 10

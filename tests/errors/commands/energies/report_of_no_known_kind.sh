qffc report trained:water --out report.pdf

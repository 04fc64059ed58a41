qffc relax trained:water --geometry water --target H2-1LE --fmax 0.01

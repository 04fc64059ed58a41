qffc draw lib:pair --out pair.jpeg

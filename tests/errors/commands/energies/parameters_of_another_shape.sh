qffc energy lib:sivqlm-lih --geometry water.xyz --raw --params shapes.json

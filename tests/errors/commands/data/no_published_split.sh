qffc data split water.npz --published 1 --train 2 --out parts

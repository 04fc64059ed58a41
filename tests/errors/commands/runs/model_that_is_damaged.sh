qffc eval broken.safetensors --data water

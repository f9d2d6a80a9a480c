"""What a training with MLX-LM (`mlx_lm.lora`) takes on a Mac: memory and time. Pure."""

"""What a training run needs: memory, time, money. Pure: numbers in, numbers out."""

"""The bank: correct solutions written another way (wheat) and wrong ones with a named misconception (chaff)."""

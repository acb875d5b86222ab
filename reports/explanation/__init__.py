"""What importance maps are worth, in numbers: pure functions of maps, masks and predictions."""

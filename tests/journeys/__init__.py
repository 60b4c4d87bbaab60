"""The journeys danlu exists for, walked on a real terminal by keys alone."""

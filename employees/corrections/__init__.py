"""Requests to correct personal data (UU 27/2022 arts. 6 and 30): asked by the person, answered by the unit."""

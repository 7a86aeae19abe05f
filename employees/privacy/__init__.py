"""What UU 27/2022 gives each person: who saw the data, who can see it, a correction."""

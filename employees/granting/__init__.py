"""The administrator of accounts: who has an account, which roles it holds on which units, since when."""

"""The words of the house: frozen records and the error tree. Standard library only; imports nothing of the house."""

"""Shieldings of a ground state: first-order terms, response, tensors."""

"""All places of a molecule where a process of the table happens."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.held_rings import ring_sites
from qmnmr.exchange.hindered_axes import axis_sites
from qmnmr.exchange.inversion import inversion_sites
from qmnmr.exchange.polyhedra import polyhedron_sites
from qmnmr.exchange.protons import proton_sites
from qmnmr.exchange.sites import Site
from qmnmr.exchange.turning_bonds import double_bond_sites, rotation_sites, twist_sites


def exchange_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the sites of an RDKit molecule with all hydrogens as atoms, in a fixed order."""
    return (
        *rotation_sites(mol),
        *twist_sites(mol),
        *double_bond_sites(mol),
        *inversion_sites(mol),
        *ring_sites(mol),
        *axis_sites(mol),
        *polyhedron_sites(mol),
        *proton_sites(mol),
    )

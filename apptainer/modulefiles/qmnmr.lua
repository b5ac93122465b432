-- Lmod modulefile for qmnmr. Copy it to <modulepath>/qmnmr/<version>.lua and set `folder`, where these lie:
--   qmnmr-<version>-<uname -m>.sif   the image; its name holds the architecture, so one module serves x86_64 and aarch64
--   bin/                             apptainer/bin of the clone: the commands that run in the image
--   <version>/bin/qmnmr              a link into a venv with the same version: for login nodes, since sbatch is not in
--                                    the image; without it `qmnmr` runs in the image as well, and can't submit
local folder = "/opt/images/qmnmr"
local version = myModuleVersion()

local machine = subprocess("uname -m"):gsub("%s+$", "")
local image = pathJoin(folder, "qmnmr-" .. version .. "-" .. machine .. ".sif")

help([[
qmnmr: quantum-chemical NMR shifts with PySCF, NWChem, xTB and CREST in an Apptainer image.

  qmnmr submit molecules.smi              any command of qmnmr
  qmnmr-nwchem INPUT.nw, qmnmr-xtb …      the programs themselves (NRANKS: MPI ranks of NWChem)
  qmnmr image test                        is this image sound on this node?
]])
whatis("Name: qmnmr")
whatis("Version: " .. version)
whatis("Description: Quantum-chemical NMR shifts in an Apptainer image")
whatis("URL: README.md of qmnmr")

if not isFile(image) then
    LmodError("qmnmr " .. version .. " has no image for " .. machine .. ": " .. image .. " is missing")
end

-- Where Apptainer is a module itself:
-- depends_on("apptainer")

setenv("QMNMR_IMAGE", image)

prepend_path("PATH", pathJoin(folder, "bin"))
prepend_path("PATH", pathJoin(folder, version, "bin"))

-- Lmod modulefile for the qmnmr image. Copy it to <modulepath>/qmnmr/<version>.lua and set `folder`.
-- The image's name holds the architecture, so one module serves x86_64 and aarch64 nodes.
local folder = "/opt/images/qmnmr"
local version = myModuleVersion()

local machine = subprocess("uname -m"):gsub("%s+$", "")
local image = pathJoin(folder, "qmnmr-" .. version .. "-" .. machine .. ".sif")

help([[
qmnmr: quantum-chemical NMR shifts with PySCF, NWChem, xTB and CREST in an Apptainer image.

  qmnmr predict CCO                       any command of qmnmr, in the current folder; scratch is $TMPDIR
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

-- No environment and no home of the host; the folder of work and the scratch are visible under their own names.
local options = "--quiet exec --cleanenv --containall --no-home --bind \"$PWD\" --pwd \"$PWD\" "
    .. "--bind \"${TMPDIR:-/tmp}:/scratch\" "
local function program(name, command)
    set_shell_function(name,
        "apptainer " .. options .. image .. " " .. command .. " \"$@\"",
        "apptainer " .. options .. image .. " " .. command .. " $*")
end
program("qmnmr", "qmnmr")
program("qmnmr-xtb", "xtb")
program("qmnmr-crest", "crest")
program("qmnmr-nwchem", "mpirun -n ${NRANKS:-1} nwchem")

"""`python -m chaos.report FOLDER` installs the generator of the HTML report in that folder."""

import sys

from chaos.report.tool import main

sys.exit(main(sys.argv[1:]))

"""What the experiments of the CTI family share."""

from chaos.experiment import needs_link

OUT_OF_SERVICE = "OUT_OF_SERVICE"
IN_SERVICE = "IN_SERVICE"
# The service of a CTI server is named for its instance and its CG (CTI group).
CTI_SERVICE = "Cisco ICM * CG*"

# Guides quote up to 75 s for a CTI fail-over, up to 40 s more with older gateways; whoever waits longer gives up.
FAIL_OVER_S = 180.0
# A little longer than the checks want to have looked.
SETTLE_S = 35.0
DUPLEX = (needs_link("cti-a"), needs_link("cti-b"))

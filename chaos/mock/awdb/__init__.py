"""Administration & Data hosts of the mock: a database that Finesse asks over TCP, and a Distributor."""

from chaos.mock.awdb.central import Central, Record
from chaos.mock.awdb.database import AwDatabase, DatabaseAccount, DatabaseOptions
from chaos.mock.awdb.distributor import Distributor
from chaos.mock.awdb.host import AwHost

__all__ = ["AwDatabase", "AwHost", "Central", "DatabaseAccount", "DatabaseOptions", "Distributor", "Record"]

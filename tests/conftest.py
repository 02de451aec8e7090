"""What every test shares."""

import os

# the tests run in parallel already: threads of each process for linear algebra would only get in each other's way
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

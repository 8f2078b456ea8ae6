# The compiled extension, as cffi makes it from native/interface.h.
from typing import Any

ffi: Any
lib: Any

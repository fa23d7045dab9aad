UNSET = object()
class Operations: 
    __slots__ = ()

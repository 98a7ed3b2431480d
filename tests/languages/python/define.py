@app.route("/x/<id>", methods=["POST"])
@login_required
def handler(id: int, *args, q: str = "a", flag=False, **kw) -> str:
    """Says nothing."""

    def inner(u):
        return u + id

    return inner(q)


@dataclass
class Order(Base, models.Model, Generic[T], metaclass=Meta):
    total: int
    note: str = ""
    rate = load(1)

    def __init__(self, total):
        self.total = total

    @staticmethod
    def build(x):
        return Order(x)

    @property
    async def _hidden(self):
        return self.total

    class Meta:
        table = "orders"


def _private(a, /, b, *, c): ...


check = lambda v: v is None
if __name__ == "__main__":
    handler(sys.argv[1])

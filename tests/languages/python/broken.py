def f(a:
    os.system(a
x = = 3
class
    return os.system(x)

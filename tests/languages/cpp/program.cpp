#include <string>
using namespace std;
using std::cout;
namespace fs = std::filesystem;
namespace a::b {
template <typename T> class Foo : public Base<T>, private ns::Other {
 public:
  Foo(const std::string& s, int n = 3) : s_(s), n_{n} { init(); }
  virtual ~Foo() { delete p; delete[] q; }
  static int st(int x) { return x; }
  void decl(int);
  operator bool() const { return true; }
  bool operator==(const Foo& o) { return a < b; }
 private:
  std::string s_; int n_ = 0; char buf[10];
};
}
void Foo::bar(std::vector<int>& v, char* const p) {
  auto x = static_cast<int>(y) + reinterpret_cast<char*>(p)[0];
  std::string s(p), t{"a"}, u = "b" + s;
  Widget w(arg);
  for (const auto& [k, e] : m) use(k, e);
  for (auto i : v) { use(i); }
  auto f = [&, this](int a) -> int { return a + x; };
  std::vector<int> vec(10, 1);
  int* arr = new int[n]; Foo* o = new Foo<int>(1, s);
  try { throw std::runtime_error("x"); } catch (const std::exception& e) { log(e.what()); } catch (...) { }
  if (auto it = m.find(k); it != m.end()) { use(it->second); }
  if (Foo* q = get()) { q->run(); }
  std::cout << s << R"(raw "x")" << std::endl;
  ::system(s.c_str());
  a::b::c<int>::d(1); obj.tmpl<int>(2); make_unique<Foo>(3);
  auto [aa, bb] = pair(); auto l = "x"s;
  switch (x) { case A::B: break; }
  return;
}
template<class T> T Foo<T>::baz() { return T{}; }

#pragma once
namespace store {
class Row : public Base {
 public:
  explicit Row(const char* name) : name_(name) {}
  bool operator<(const Row& other) const { return name_ < other.name_; }
  template <typename T> T get(T fallback) const;
 private:
  const char* name_ = nullptr;
  static constexpr int kSize = 16;
  char data_[kSize];
};
}  // namespace store

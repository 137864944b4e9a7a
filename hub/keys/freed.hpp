// Deleter for objects of C libraries: std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>. Internal to hub/keys.
#pragma once

namespace samband {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace samband

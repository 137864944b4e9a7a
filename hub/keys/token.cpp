#include "keys/token.hpp"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "keys/crypto.hpp"
#include "keys/secret_file.hpp"

namespace samband::token {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kNonce = 12, kTagBits = 128, kPinMax = 255;
constexpr const char kAad[] = "samband/master-key/1";

Error refuse(const fs::path& where, std::string what) {
  return fail(Errc::invalid_config, where.string(), std::move(what));
}
Error refuse(const Slot& slot, const char* what, CK_RV code) {
  if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED)
    return refuse(slot.pin_file, code == CKR_PIN_LOCKED ? "the token is locked" : "is not the PIN of the token");
  char hex[32];
  std::snprintf(hex, sizeof hex, " (PKCS#11 error 0x%lx)", code);
  return refuse(slot.module, what + std::string(hex));
}

// A PIN is no file of a fixed size: the first line, without its break.
Result<std::string> pin_of(const fs::path& file) {
  if (auto checked = check_secret_file(file); !checked) return checked.error();
  std::ifstream in(file);
  std::string pin;
  if (!std::getline(in, pin) || pin.empty() || pin.size() > kPinMax) return refuse(file, "holds no PIN");
  return pin;
}

CK_ATTRIBUTE text_attribute(CK_ATTRIBUTE_TYPE type, std::string& text) { return {type, text.data(), text.size()}; }

// A session with the token, logged in; everything is let go of at the end.
class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const Slot& slot) {
    auto session = std::unique_ptr<Session>(new Session(slot));
    if (auto opened = session->start(); !opened) return opened.error();
    return session;
  }
  ~Session() {
    if (handle_) (void)api_->C_CloseSession(*handle_);
    if (initialised_) (void)api_->C_Finalize(nullptr);
    if (library_) (void)::dlclose(library_);
  }
  Session(const Session&) = delete;

  Result<CK_OBJECT_HANDLE> key(bool make) {
    CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES;
    std::string label = slot_.key;
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, &secret, sizeof secret}, {CKA_KEY_TYPE, &aes, sizeof aes}, text_attribute(CKA_LABEL, label)};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;
    CK_RV code = api_->C_FindObjectsInit(*handle_, wanted, std::size(wanted));
    if (code == CKR_OK) code = api_->C_FindObjects(*handle_, found, 2, &count);
    if (code == CKR_OK) code = api_->C_FindObjectsFinal(*handle_);
    if (code != CKR_OK) return refuse(slot_, "its keys cannot be listed", code);
    if (count > 1) return refuse(slot_.module, "the token has two keys of this label");
    if (count == 1) return found[0];
    if (!make) return refuse(slot_.module, "the token has no key of this label");
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = 32;
    CK_ATTRIBUTE made[] = {{CKA_CLASS, &secret, sizeof secret}, {CKA_KEY_TYPE, &aes, sizeof aes},
                           text_attribute(CKA_LABEL, label),    {CKA_VALUE_LEN, &size, sizeof size},
                           {CKA_TOKEN, &yes, sizeof yes},       {CKA_PRIVATE, &yes, sizeof yes},
                           {CKA_SENSITIVE, &yes, sizeof yes},   {CKA_EXTRACTABLE, &no, sizeof no},
                           {CKA_ENCRYPT, &yes, sizeof yes},     {CKA_DECRYPT, &yes, sizeof yes}};
    CK_MECHANISM generate = {CKM_AES_KEY_GEN, nullptr, 0};
    code = api_->C_GenerateKey(*handle_, &generate, made, std::size(made), &found[0]);
    if (code != CKR_OK) return refuse(slot_, "the token makes no AES-256 key", code);
    return found[0];
  }

  Result<Bytes> encrypt(CK_OBJECT_HANDLE key, const Bytes& nonce, std::string_view plain) {
    return run(key, nonce, plain, true);
  }
  Result<Bytes> decrypt(CK_OBJECT_HANDLE key, const Bytes& nonce, std::string_view cipher) {
    return run(key, nonce, cipher, false);
  }

 private:
  explicit Session(Slot slot) : slot_(std::move(slot)) {}

  Result<void> start() {
    library_ = ::dlopen(slot_.module.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto* list = library_ ? reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library_, "C_GetFunctionList")) : nullptr;
    if (list == nullptr || list(&api_) != CKR_OK)
      return refuse(slot_.module, "is no PKCS#11 module that can be loaded");
    CK_C_INITIALIZE_ARGS threads = {};
    threads.flags = CKF_OS_LOCKING_OK;
    CK_RV code = api_->C_Initialize(&threads);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) return refuse(slot_, "does not start", code);
    initialised_ = code == CKR_OK;
    auto slot = find_slot();
    if (!slot) return slot.error();
    auto pin = pin_of(slot_.pin_file);
    if (!pin) return pin.error();
    CK_SESSION_HANDLE handle = 0;
    code = api_->C_OpenSession(*slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &handle);
    if (code != CKR_OK) return refuse(slot_, "opens no session", code);
    handle_ = handle;
    code = api_->C_Login(handle, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin->data()), pin->size());
    OPENSSL_cleanse(pin->data(), pin->size());
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return refuse(slot_, "refuses the login", code);
    return {};
  }

  Result<CK_SLOT_ID> find_slot() {
    CK_ULONG count = 0;
    CK_RV code = api_->C_GetSlotList(CK_TRUE, nullptr, &count);
    std::vector<CK_SLOT_ID> slots(count);
    if (code == CKR_OK && count > 0) code = api_->C_GetSlotList(CK_TRUE, slots.data(), &count);
    if (code != CKR_OK) return refuse(slot_, "its tokens cannot be listed", code);
    for (const CK_SLOT_ID slot : slots) {
      CK_TOKEN_INFO info = {};
      if (api_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
      std::string label(reinterpret_cast<const char*>(info.label), sizeof info.label);
      label.resize(label.find_last_not_of(' ') + 1);  // padded with blanks
      if (label == slot_.label) return slot;
    }
    return refuse(slot_.module, "has no token '" + slot_.label + "'");
  }

  Result<Bytes> run(CK_OBJECT_HANDLE key, Bytes nonce, std::string_view in, bool encrypts) {
    CK_GCM_PARAMS gcm = {};
    gcm.pIv = reinterpret_cast<CK_BYTE*>(nonce.data());
    gcm.ulIvLen = nonce.size();
    gcm.ulIvBits = nonce.size() * 8;
    std::string aad(kAad, sizeof kAad - 1);
    gcm.pAAD = reinterpret_cast<CK_BYTE*>(aad.data());
    gcm.ulAADLen = aad.size();
    gcm.ulTagBits = kTagBits;
    CK_MECHANISM mechanism = {CKM_AES_GCM, &gcm, sizeof gcm};
    CK_RV code =
        encrypts ? api_->C_EncryptInit(*handle_, &mechanism, key) : api_->C_DecryptInit(*handle_, &mechanism, key);
    if (code != CKR_OK) return refuse(slot_, "the token does no AES-GCM", code);
    std::string input(in);
    Bytes out(in.size() + 64, '\0');
    CK_ULONG size = out.size();
    auto* const from = reinterpret_cast<CK_BYTE*>(input.data());
    auto* const to = reinterpret_cast<CK_BYTE*>(out.data());
    code = encrypts ? api_->C_Encrypt(*handle_, from, input.size(), to, &size)
                    : api_->C_Decrypt(*handle_, from, input.size(), to, &size);
    OPENSSL_cleanse(input.data(), input.size());
    if (code != CKR_OK)
      return refuse(slot_, encrypts ? "the token does not encrypt" : "the token's key does not open the master key",
                    code);
    out.resize(size);
    return out;
  }

  const Slot slot_;
  void* library_ = nullptr;
  CK_FUNCTION_LIST* api_ = nullptr;
  bool initialised_ = false;
  std::optional<CK_SESSION_HANDLE> handle_;
};

Result<std::pair<Slot, Bytes>> read(const fs::path& file) {
  if (auto checked = check_secret_file(file); !checked) return checked.error();
  std::ifstream in(file);
  Slot slot;
  Bytes wrapped;
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string name = line.substr(0, space), value = line.substr(std::min(space + 1, line.size()));
    if (name == "module")
      slot.module = value;
    else if (name == "token")
      slot.label = value;
    else if (name == "key")
      slot.key = value;
    else if (name == "pin-file")
      slot.pin_file = value;
    else if (name == "wrapped")
      wrapped = from_base64(value).value_or("");
    else
      return refuse(file, "has a line that is not known");
  }
  if (slot.module.empty() || slot.label.empty() || slot.key.empty() || slot.pin_file.empty() ||
      wrapped.size() <= kNonce)
    return refuse(file, "must hold module, token, key, pin-file and wrapped");
  return std::pair(std::move(slot), std::move(wrapped));
}

}  // namespace

Result<void> seal(const fs::path& file, const Slot& slot, std::string_view secret) {
  const Bytes nonce = crypto::random_bytes(kNonce);
  {
    auto session = Session::open(slot);
    if (!session) return session.error();
    auto key = (*session)->key(true);
    if (!key) return key.error();
    auto cipher = (*session)->encrypt(*key, nonce, secret);
    if (!cipher) return cipher.error();
    const std::string text = "module " + slot.module.string() + "\ntoken " + slot.label + "\nkey " + slot.key +
                             "\npin-file " + slot.pin_file.string() + "\nwrapped " + to_base64(nonce + *cipher) + "\n";
    if (auto written = write_secret_file(file, text); !written) return written;
  }
  auto again = unseal(file);
  const bool same = again && *again == secret;
  if (again) OPENSSL_cleanse(again->data(), again->size());
  if (same) return {};
  std::error_code ignored;
  fs::remove(file, ignored);
  return again ? Result<void>(refuse(slot.module, "does not give back what it was given"))
               : Result<void>(again.error());
}

Result<Bytes> unseal(const fs::path& file) {
  auto known = read(file);
  if (!known) return known.error();
  const auto& [slot, wrapped] = *known;
  auto session = Session::open(slot);
  if (!session) return session.error();
  auto key = (*session)->key(false);
  if (!key) return key.error();
  return (*session)->decrypt(*key, wrapped.substr(0, kNonce), std::string_view(wrapped).substr(kNonce));
}

}  // namespace samband::token

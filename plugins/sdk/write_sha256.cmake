# cmake -DMODULE=file -P write_sha256.cmake: writes <file>.sha256, the hex digest and a newline.
file(SHA256 "${MODULE}" digest)
file(WRITE "${MODULE}.sha256" "${digest}\n")

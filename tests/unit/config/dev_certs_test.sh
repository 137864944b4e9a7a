#!/usr/bin/env bash
# The development certificates are what certs/README.md says: dev_certs_test.sh SOURCE_DIR
set -euo pipefail
source=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

"$source/certs/make-dev-certs.sh" "$out/a" >/dev/null
cd "$out/a"
[[ $(stat -c %a .) == 700 ]] || fail "the folder is not 0700"
for key in *.key; do [[ $(stat -c %a "$key") == 600 ]] || fail "$key is not 0600"; done

parties=$(grep -cE '^\[\[(party|official)\]\]' "$source/config/parties.toml")
made=$(ls *.pem | grep -cvE '^(ca|hub|hub-client|stranger|stranger-ca)\.pem$')
[[ $parties == "$made" ]] || fail "$parties parties and officials, $made certificates"
for file in *.pem; do
  name=${file%.pem}
  openssl x509 -in "$file" -noout -text | grep -q 'ASN1 OID: prime256v1' || fail "$file is not P-256"
  openssl x509 -in "$file" -noout -checkend $((89 * 86400)) >/dev/null || fail "$file ends too early"
  openssl x509 -in "$file" -noout -checkend $((91 * 86400)) >/dev/null && fail "$file lasts too long"
  case $name in
    ca | stranger-ca | stranger) continue ;;
    hub) purposes=(sslserver) ;;
    hub-client) purposes=(sslclient) ;;
    # Officials come as clients only; parties may serve too.
    *) if grep -q "^certificate = \"$file\"" "$source/config/parties.toml"; then purposes=(sslclient); else purposes=(sslclient sslserver); fi ;;
  esac
  for purpose in "${purposes[@]}"; do
    openssl verify -purpose "$purpose" -CAfile ca.pem "$file" >/dev/null || fail "$file does not verify as $purpose"
  done
done
openssl verify -purpose sslserver -CAfile ca.pem hub-client.pem >/dev/null 2>&1 && fail "the hub's client certificate can serve"
openssl verify -CAfile ca.pem stranger.pem >/dev/null 2>&1 && fail "the stranger is trusted"
openssl verify -CAfile stranger-ca.pem stranger.pem >/dev/null || fail "the stranger's own CA does not know it"
subject=$(openssl x509 -in social-board.pem -noout -subject -nameopt RFC2253)
[[ $subject == 'subject=CN=social-board,serialNumber=9999000020,O=Samband development' ]] || fail "subject: $subject"
openssl verify -purpose sslserver -CAfile ca.pem municipal-counsel.pem >/dev/null 2>&1 && fail "an official's certificate can serve"
openssl x509 -in bup.pem -noout -checkhost localhost | grep -q 'does match' || fail "bup does not serve localhost"

"$source/certs/make-dev-certs.sh" "$out/b" one:9999000012 two:9999000020 >/dev/null
[[ -f $out/b/one.pem && -f $out/b/two.key && ! -f $out/b/bup.pem ]] || fail "parties by hand"
"$source/certs/make-dev-certs.sh" "$out/c" '../x:9999000012' >/dev/null 2>&1 && fail "an id that is a path is taken"
"$source/certs/make-dev-certs.sh" "$out/c" 'hub:9999000012' >/dev/null 2>&1 && fail "a party may call itself hub"
"$source/certs/make-dev-certs.sh" "$out/c" 'one:999900001' >/dev/null 2>&1 && fail "nine digits are taken"
"$source/certs/make-dev-certs.sh" "$out/c" "$out/nowhere" >/dev/null 2>&1 && fail "an absent configuration is taken"
"$source/certs/make-dev-certs.sh" --help | grep -q OUT_DIR || fail "--help prints no usage"
[[ ! -e $source/--help && ! -e ./--help ]] || fail "--help was taken for a folder"
echo "ok"

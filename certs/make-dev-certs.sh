#!/usr/bin/env bash
# Makes a development CA and certificates for every party of a configuration. Never for production: the CA's key lies in
# the same folder, and whoever has it is everybody.
#
#   certs/make-dev-certs.sh [OUT_DIR [CONFIG | id:orgnr ...]]
#
# OUT_DIR: certs/dev beside this script when absent; an existing folder gets new certificates under a new CA.
# CONFIG: configuration folder or its parties.toml; or parties as id:orgnr. The example configuration when absent.
# Files, keys mode 0600, folder 0700, 90 days, P-256:
#   ca.pem ca.key            the CA           hub.pem hub.key                what the hub's listeners present
#   <official>.pem and .key  one per [[official]] of the configuration, named as its `certificate`
#   <party>.pem <party>.key  one per party    hub-client.pem hub-client.key  what the hub presents to endpoints (CN hub)
#   stranger-ca.pem stranger.pem stranger.key: another CA and a certificate of it, for tests that must fail
set -euo pipefail
umask 077

usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "${BASH_SOURCE[0]}"; }
case ${1-} in
  -h | --help) usage; exit 0 ;;
  -*) echo "make-dev-certs: unknown option $1" >&2; usage >&2; exit 2 ;;
esac

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/dev}
shift || true
days=90

parties_of() {  # parties.toml -> id:orgnr lines
  awk -F'"' '
    /^[ \t]*\[\[/ { party = 0 }
    /^[ \t]*\[\[party\]\]/ { id = ""; party = 1 }
    !party { next }
    /^[ \t]*id[ \t]*=/ { id = $2 }
    /^[ \t]*organisation_number[ \t]*=/ { gsub(/-/, "", $2); if (id != "") print id ":" $2 }' "$1"
}

officials_of() {  # parties.toml -> id:party:certificate lines
  awk -F'"' '
    /^[ \t]*\[\[/ { official = 0 }
    /^[ \t]*\[\[official\]\]/ { id = party = ""; official = 1 }
    !official { next }
    /^[ \t]*id[ \t]*=/ { id = $2 }
    /^[ \t]*party[ \t]*=/ { party = $2 }
    /^[ \t]*certificate[ \t]*=/ { print id ":" party ":" $2 }' "$1"
}

parties=() officials=()
if (($# == 1)) && [[ -e $1 ]]; then config=$1; shift; elif (($# == 0)); then config=$here/../config; else config=; fi
if [[ -n $config ]]; then
  [[ -d $config ]] && config=$config/parties.toml
  [[ -r $config ]] || { echo "make-dev-certs: $config cannot be read" >&2; exit 1; }
  mapfile -t parties < <(parties_of "$config")
  mapfile -t officials < <(officials_of "$config")
else
  parties=("$@")
fi
((${#parties[@]} > 0)) || { echo "make-dev-certs: no party found" >&2; exit 1; }
for party in "${parties[@]}"; do
  [[ $party =~ ^[a-z0-9][a-z0-9-]{0,63}:[0-9]{10}$ ]] || { echo "make-dev-certs: '$party' is not id:orgnr (ten digits)" >&2; exit 1; }
  case ${party%%:*} in
    ca | hub | hub-client | stranger | stranger-ca) echo "make-dev-certs: the id '${party%%:*}' is taken" >&2; exit 1 ;;
  esac
done

mkdir -p "$out"
chmod 700 "$out"
work=$(mktemp -d "$out/.making.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Serial numbers are random, so that CAs made again do not repeat them.
make_ca() {  # file name, common name
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -x509 -new -sha256 -key "$work/$1.key" -days "$days" -subj "/O=Samband development/CN=$2" -out "$work/$1.pem" \
    -addext "basicConstraints=critical,CA:true,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
}

make_cert() {  # file name, CA, common name, serialNumber, extended key usage, further names[, organisation number]
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -new -sha256 -key "$work/$1.key" -subj "/O=Samband development${7:+/organizationIdentifier=$7}/serialNumber=$4/CN=$3" -out "$work/$1.csr"
  cat >"$work/$1.ext" <<EXT
basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=$5
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=$6
EXT
  openssl x509 -req -sha256 -in "$work/$1.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -set_serial "0x$(openssl rand -hex 16)" \
    -days "$days" -extfile "$work/$1.ext" -out "$work/$1.pem" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  rm "$work/$1.csr" "$work/$1.ext"
}

names=DNS:localhost,IP:127.0.0.1,IP:::1
make_ca ca "Samband development CA"
make_cert hub ca hub 9999000061 serverAuth "$names,DNS:hub"
make_cert hub-client ca hub 9999000061 clientAuth "DNS:hub"
for party in "${parties[@]}"; do
  # Both usages: a party's certificate also serves its own systems, which the hub calls.
  make_cert "${party%%:*}" ca "${party%%:*}" "${party##*:}" clientAuth,serverAuth "$names,DNS:${party%%:*}"
done
for official in "${officials[@]}"; do
  IFS=: read -r id party file <<<"$official"
  [[ $id =~ ^[a-z0-9-]{1,64}$ && $file =~ ^[a-z0-9-]+\.pem$ ]] || { echo "make-dev-certs: official '$id': id or certificate" >&2; exit 1; }
  number=0000000000
  for one in "${parties[@]}"; do [[ ${one%%:*} == "$party" ]] && number=${one##*:}; done
  make_cert "${file%.pem}" ca "$id" "$id" clientAuth "DNS:$id" "$number"  # serialNumber: the person, as on a service card
done
# The stranger claims to be the first party; only its signature is wrong.
make_ca stranger-ca "Somebody else's CA"
make_cert stranger stranger-ca "${parties[0]%%:*}" "${parties[0]##*:}" clientAuth,serverAuth "$names"

rm -f "$work/log"
chmod 600 "$work"/*.key
chmod 644 "$work"/*.pem
mv -f "$work"/* "$out"/
echo "${#parties[@]} parties, ${#officials[@]} officials, CA and hub: $out (valid $days days)"

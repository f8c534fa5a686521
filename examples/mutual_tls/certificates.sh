#!/bin/sh
# Makes an authority, and the certificates that it signs for a server and two clients, for a week:
#   sh certificates.sh FOLDER
# A real authority keeps its key elsewhere.
set -eu
umask 077
mkdir -p "$1"
cd "$1"
new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc"

openssl req -x509 $new -keyout ca.key -out ca.pem -days 7 -subj "/CN=Ledger authority" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"

# Certifies NAME for the names of its certificate, and for one use.
certify() {
  openssl req -new $new -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=critical,CA:FALSE\n' \
    "$2" "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -out "$1.pem" \
    -days 7 -extfile "$1.ext"
  rm "$1.csr" "$1.ext"
}

certify server "DNS:localhost,IP:127.0.0.1" serverAuth
certify accountant "URI:spiffe://ledger.example/accountant" clientAuth
certify auditor "URI:spiffe://ledger.example/auditor" clientAuth

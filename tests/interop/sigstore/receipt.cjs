// Test only: one receipt of the hub (C2SP tlog-proof, the entry in its extra line) checked by @sigstore/verify.
// node receipt.cjs NODE_MODULES RECEIPT VKEY; exit code 0 and "ok", or 1 and why not.
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const [modules, file, vkey] = process.argv.slice(2);
const part = (name) => require(path.join(modules, "@sigstore/verify/dist/timestamp", name));

const text = fs.readFileSync(file, "utf8");
const split = text.indexOf("\n\n");
const lines = text.slice(0, split).split("\n");
const envelope = text.slice(split + 2);
const [, keyId, ...rest] = vkey.split("+");
const raw = Buffer.from(rest.join("+"), "base64").subarray(1);
const publicKey = crypto.createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
  format: "jwk",
});
const always = { start: new Date(0), end: new Date(8.64e15) };
const log = { logID: Buffer.from(keyId, "hex"), publicKey, validFor: always };
const entry = {
  canonicalizedBody: Buffer.from(lines[1].replace(/^extra /, ""), "base64"),
  integratedTime: "1",
  inclusionProof: {
    logIndex: lines[2].replace(/^index /, ""),
    treeSize: envelope.split("\n")[1],
    rootHash: Buffer.from(envelope.split("\n")[2], "base64"),
    hashes: lines.slice(3).map((line) => Buffer.from(line, "base64")),
    checkpoint: { envelope },
  },
};
try {
  part("merkle.js").verifyMerkleInclusion(entry);
  part("checkpoint.js").verifyCheckpoint(entry, [log]);
  console.log("ok");
} catch (error) {
  console.log(String(error.message));
  process.exit(1);
}

package answer

import (
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/pem"
	"errors"
	"hash"
)

// Any other name, None too, means SHA-256.
var oaepHashes = map[string]func() hash.Hash{"SHA1": sha1.New, "SHA512": sha512.New}

func rsaDecrypt(scheme, hashName, secret, privateKey string) (string, error) {
	if scheme == "None" {
		return secret, nil
	}
	if scheme != "RSA-OAEP" {
		return "", errors.New("unknown scheme")
	}
	block, _ := pem.Decode([]byte(privateKey))
	if block == nil {
		return "", errNoPEM
	}
	parsed, err := parsePrivateKey(block.Bytes)
	if err != nil {
		return "", err
	}
	key, isRSA := parsed.(*rsa.PrivateKey)
	if !isRSA {
		return "", errKey
	}
	newHash, named := oaepHashes[hashName]
	if !named {
		newHash = sha256.New
	}
	plain, err := rsa.DecryptOAEP(newHash(), nil, key, []byte(secret), nil)
	return string(plain), err
}

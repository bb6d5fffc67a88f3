package answer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

var errJWK = errors.New("no key of a known kind")

// RFC 7518 §6 and RFC 8037 §2.
type jwk struct {
	Kty, Crv      string
	N, E, D, P, Q *jwkBytes
	X, Y          *jwkBytes
}

type jwkBytes struct{ bytes []byte }

// Base64URL without padding is the standard; the other common spellings are read as well.
func (b *jwkBytes) UnmarshalJSON(text []byte) error {
	var encoded string
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	plain := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(encoded)
	decoded, err := base64.RawURLEncoding.DecodeString(plain)
	b.bytes = decoded
	return err
}

func (b *jwkBytes) number() *big.Int { return new(big.Int).SetBytes(b.bytes) }

var curves = map[string]elliptic.Curve{
	"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(),
}

func readJWK(text string) (*jwk, error) {
	var key jwk
	if err := json.Unmarshal([]byte(text), &key); err != nil {
		return nil, err
	}
	return &key, nil
}

// A private key is refused, as in ESO: it would publish more than was asked for.
func publicKeyOfJWK(text string) (string, error) {
	key, err := readJWK(text)
	if err != nil {
		return "", err
	}
	public, err := key.public()
	if err != nil {
		return "", err
	}
	if key.D != nil {
		return "", errJWK
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	return encodePEM(publicKeyBlock, der), err
}

func privateKeyOfJWK(text string) (string, error) {
	key, err := readJWK(text)
	if err != nil {
		return "", err
	}
	private, err := key.private()
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	return encodePEM(privateKeyBlock, der), err
}

func (key *jwk) public() (any, error) {
	curve := curves[key.Crv]
	switch {
	case key.Kty == "RSA" && key.N != nil && key.E != nil && key.E.number().IsInt64():
		return &rsa.PublicKey{N: key.N.number(), E: int(key.E.number().Int64())}, nil
	case key.Kty == "EC" && curve != nil && key.X != nil && key.Y != nil:
		return &ecdsa.PublicKey{Curve: curve, X: key.X.number(), Y: key.Y.number()}, nil
	case key.Kty == "OKP" && key.Crv == "Ed25519" && key.X != nil && len(key.X.bytes) == ed25519.PublicKeySize:
		return ed25519.PublicKey(key.X.bytes), nil
	}
	return nil, errJWK
}

func (key *jwk) private() (any, error) {
	public, err := key.public()
	if err != nil {
		return nil, err
	}
	if key.D == nil {
		return nil, errJWK
	}
	switch public := public.(type) {
	case *rsa.PublicKey:
		if key.P == nil || key.Q == nil {
			return nil, errJWK
		}
		private := &rsa.PrivateKey{PublicKey: *public, D: key.D.number()}
		private.Primes = []*big.Int{key.P.number(), key.Q.number()}
		return private, private.Validate()
	case *ecdsa.PublicKey:
		return &ecdsa.PrivateKey{PublicKey: *public, D: key.D.number()}, nil
	case ed25519.PublicKey:
		if len(key.D.bytes) != ed25519.SeedSize {
			return nil, errJWK
		}
		return ed25519.NewKeyFromSeed(key.D.bytes), nil
	}
	return nil, errJWK
}

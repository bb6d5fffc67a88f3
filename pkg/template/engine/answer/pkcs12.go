package answer

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"

	"software.sslmate.com/src/go-pkcs12"
)

var (
	errNoPEM = errors.New("no PEM here")
	errKey   = errors.New("no private key of a known kind")
)

func keyOfPKCS12(password, archive string) (string, error) {
	key, _, _, err := pkcs12.DecodeChain([]byte(archive), password)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return encodePEM(privateKeyBlock, der), nil
}

// The leaf first where one chain can be made out, otherwise as they lie in the archive.
func certificatesOfPKCS12(password, archive string) (string, error) {
	_, leaf, others, err := pkcs12.DecodeChain([]byte(archive), password)
	if err != nil {
		return "", err
	}
	all := append([]*x509.Certificate{leaf}, others...)
	if chain, err := inOrder(all); err == nil {
		all = chain
	}
	return encodeCertificates(all), nil
}

func onePairToPKCS12(certificate, key, password string) (string, error) {
	leaf, _, err := firstCertificate(certificate)
	if err != nil {
		return "", err
	}
	return toPKCS12(leaf, nil, key, password)
}

func chainToPKCS12(certificates, key, password string) (string, error) {
	leaf, rest, err := firstCertificate(certificates)
	if err != nil {
		return "", err
	}
	others, err := authorities(rest)
	if err != nil {
		return "", err
	}
	return toPKCS12(leaf, others, key, password)
}

func truststoreToPKCS12(certificates, password string) (string, error) {
	trusted, err := authorities([]byte(certificates))
	if err != nil {
		return "", err
	}
	archive, err := pkcs12.Modern.EncodeTrustStore(trusted, password)
	return base64.StdEncoding.EncodeToString(archive), err
}

func toPKCS12(leaf *x509.Certificate, others []*x509.Certificate, key, password string) (string, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return "", errNoPEM
	}
	parsed, err := parsePrivateKey(block.Bytes)
	if err != nil {
		return "", err
	}
	archive, err := pkcs12.Modern.Encode(parsed, leaf, others, password)
	return base64.StdEncoding.EncodeToString(archive), err
}

func firstCertificate(text string) (*x509.Certificate, []byte, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return nil, nil, errNoPEM
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	return certificate, rest, err
}

// ESO fails at a blank line after the last certificate; here it is passed over.
func authorities(text []byte) ([]*x509.Certificate, error) {
	certificates := []*x509.Certificate{}
	for len(bytes.TrimSpace(text)) > 0 {
		certificate, rest, err := firstCertificate(string(text))
		if err != nil {
			return nil, err
		}
		certificates = append(certificates, certificate)
		text = rest
	}
	return certificates, nil
}

// The name of the block does not matter, what lies in it does.
func parsePrivateKey(der []byte) (any, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return nil, errKey
}

package answer

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

const (
	certificateBlock = "CERTIFICATE"
	privateKeyBlock  = "PRIVATE KEY"
	publicKeyBlock   = "PUBLIC KEY"
)

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func encodeCertificates(certificates []*x509.Certificate) string {
	var all strings.Builder
	for _, certificate := range certificates {
		all.WriteString(encodePEM(certificateBlock, certificate.Raw))
	}
	return all.String()
}

// Text before the first block makes newer Go versions overlook that block.
func fromFirstBlock(text string) []byte {
	if at := strings.Index(text, "-----BEGIN"); at > 0 {
		text = text[at:]
	}
	return []byte(text)
}

// The blocks of one type, upper or lower case. Nothing found and something left over is an error, else it is empty.
func filterPEM(kind, text string) (string, error) {
	var kept bytes.Buffer
	rest := fromFirstBlock(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if !strings.EqualFold(block.Type, kind) {
			continue
		}
		if err := pem.Encode(&kept, block); err != nil {
			return "", err
		}
	}
	if kept.Len() == 0 && len(rest) > 0 {
		return "", errors.New("no PEM here")
	}
	return kept.String(), nil
}

// DNS names, IP addresses, mail addresses, URIs: in this order.
func alternativeNames(text string) ([]string, error) {
	block, _ := pem.Decode(fromFirstBlock(text))
	if block == nil {
		return nil, errors.New("no PEM here")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	names := append([]string{}, certificate.DNSNames...)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	names = append(names, certificate.EmailAddresses...)
	for _, uri := range certificate.URIs {
		names = append(names, uri.String())
	}
	return names, nil
}

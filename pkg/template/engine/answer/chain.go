package answer

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

var errNoChain = errors.New("no single chain")

// From the leaf to the root, following key identifiers only: this puts certificates in order, it trusts none of them.
func inOrder(certificates []*x509.Certificate) ([]*x509.Certificate, error) {
	issuer := make([]int, len(certificates))
	issues := make([]bool, len(certificates))
	for child := range certificates {
		issuer[child] = issuerOf(certificates, child)
		if issuer[child] >= 0 {
			issues[issuer[child]] = true
		}
	}
	at := -1
	for candidate := range certificates {
		if issues[candidate] {
			continue
		}
		if at >= 0 {
			return nil, errNoChain
		}
		at = candidate
	}
	var chain []*x509.Certificate
	for ; at >= 0; at = issuer[at] {
		if len(chain) == len(certificates) {
			return nil, errNoChain
		}
		chain = append(chain, certificates[at])
	}
	if len(chain) == 0 {
		return nil, errNoChain
	}
	return chain, nil
}

// The first other certificate whose key identifier is the one that the child names; -1 where there is none.
func issuerOf(certificates []*x509.Certificate, child int) int {
	for candidate, certificate := range certificates {
		if candidate != child && bytes.Equal(certificates[child].AuthorityKeyId, certificate.SubjectKeyId) {
			return candidate
		}
	}
	return -1
}

// Every PEM block until the first thing that is none.
func readCertificates(text []byte) ([]*x509.Certificate, error) {
	var certificates []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return certificates, nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certificates = append(certificates, certificate)
	}
}

func isRoot(certificate *x509.Certificate) bool {
	return certificate.AuthorityKeyId == nil || bytes.Equal(certificate.AuthorityKeyId, certificate.SubjectKeyId)
}

// One part of a chain, empty where the chain has no such part or the part has another name than these three.
func filterChain(part, text string) (string, error) {
	certificates, err := readCertificates([]byte(text))
	if err != nil {
		return "", err
	}
	chain, err := inOrder(certificates)
	if err != nil {
		return "", err
	}
	switch last := chain[len(chain)-1]; {
	case part == "leaf" && !isRoot(chain[0]):
		return encodeCertificates(chain[:1]), nil
	case part == "intermediate":
		between := chain[1:]
		for at, certificate := range between {
			if isRoot(certificate) {
				between = between[:at]
				break
			}
		}
		return encodeCertificates(between), nil
	case part == "root" && isRoot(last):
		return encodeCertificates(chain[len(chain)-1:]), nil
	}
	return "", nil
}

package answer

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"text/template"
	_ "time/tzdata" // dateInZone names zones, and the sandbox has no files to look them up

	"github.com/Masterminds/sprig/v3"
	"golang.org/x/crypto/bcrypt"
)

var functions = allFunctions()

// The set of compatibility.md §3: sprig without what reaches outside, with the two functions that ESO's copy has
// changed, and ESO's own.
func allFunctions() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, outside := range []string{"env", "expandenv", "getHostByName"} {
		delete(all, outside)
	}
	own := template.FuncMap{
		"hexdec":   hexDecode,
		"htpasswd": passwordLine,

		"pkcs12key":                 func(in string) (string, error) { return keyOfPKCS12("", in) },
		"pkcs12keyPass":             keyOfPKCS12,
		"pkcs12cert":                func(in string) (string, error) { return certificatesOfPKCS12("", in) },
		"pkcs12certPass":            certificatesOfPKCS12,
		"pemToPkcs12":               func(cert, key string) (string, error) { return onePairToPKCS12(cert, key, "") },
		"pemToPkcs12Pass":           onePairToPKCS12,
		"fullPemToPkcs12":           func(cert, key string) (string, error) { return chainToPKCS12(cert, key, "") },
		"fullPemToPkcs12Pass":       chainToPKCS12,
		"pemTruststoreToPKCS12":     func(certs string) (string, error) { return truststoreToPKCS12(certs, "") },
		"pemTruststoreToPKCS12Pass": truststoreToPKCS12,

		"filterPEM":       filterPEM,
		"filterCertChain": filterChain,
		"certSANs":        alternativeNames,

		"jwkPublicKeyPem":  publicKeyOfJWK,
		"jwkPrivateKeyPem": privateKeyOfJWK,

		"toYaml":     toYAML,
		"fromYaml":   fromYAML,
		"rsaDecrypt": rsaDecrypt,
	}
	for name, function := range own {
		all[name] = function
	}
	return all
}

// Like sprig's other decoders: the reason takes the place of the value.
func hexDecode(text string) string {
	decoded, err := hex.DecodeString(text)
	if err != nil {
		return err.Error()
	}
	return string(decoded)
}

// A type of its own, as ESO has one: a constant in the template fits, a value of type string does not.
type hashName string

func passwordLine(user, password string, hash hashName) string {
	if strings.Contains(user, ":") {
		return "invalid username: " + user
	}
	if hash == "sha" {
		sum := sha1.Sum([]byte(password))
		return fmt.Sprintf("%s:{SHA}%s", user, base64.StdEncoding.EncodeToString(sum[:]))
	}
	hashed, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return fmt.Sprintf("%s:failed to encrypt string with bcrypt: %s", user, err)
	}
	return user + ":" + string(hashed)
}

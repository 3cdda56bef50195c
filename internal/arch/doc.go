// Package arch holds no code. Its test holds the module's import arrows: a package imports only packages of lower levels.
package arch

// Package masks makes the masks that turn a feed-forward network into an autoregressive one: orders of the inputs,
// degrees of the hidden units, and the cycles of mask sets that a network is trained and evaluated with.
package masks

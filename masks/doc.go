// Package masks makes the masks that turn a feed-forward network into an autoregressive one, and the lists of mask sets
// that it is trained and evaluated with. The method is that of Germain, Gregor, Murray and Larochelle, "MADE: Masked
// Autoencoder for Distribution Estimation", arXiv 1502.03509; the numbers of equations are theirs.
//
// # One rule
//
// An [Order] gives input d the degree m⁰(d), its position 1..D in the factorisation of the density. Unit k of hidden
// layer l gets a degree mˡ(k) in 1..D-1: the largest degree of the inputs that it may depend on. A weight is kept where
//
//	M^Wˡ[k', k] = 1{ mˡ(k') >= mˡ⁻¹(k) }   into a hidden layer          (eq. 8 and 12)
//	M^V [d,  k] = 1{ m⁰(d)  >  m^L(k) }    into the output              (eq. 9 and 13)
//	M^A [d', d] = 1{ m⁰(d') >  m⁰(d) }     from the input, directly     (eq. 11)
//
// which is [Connects] and nothing else. The number of paths from input d to output d' of a network with one hidden layer,
//
//	(M^V M^W)[d', d] = Σₖ 1{ m⁰(d') > m(k) } 1{ m(k) >= m⁰(d) }         (eq. 10)
//
// is zero unless m⁰(d') > m⁰(d), and so it is with more layers: output d' depends only on the inputs before it. The
// paper's matrices have a row for each unit that is fed; those of this package multiply weights of shape [in, out] and
// have a row for each unit that feeds.
//
// # Degrees
//
// Degree D would be of use to no output, so it is never given to a hidden unit. Degree 0 sees no input, and is given where
// there is a context: the context is an input of degree 0, and through such units the first variable of the order depends
// on it. With D = 1 and no context there is no other degree, and the network is its biases. Inputs may share a degree
// ([Order.Grouped]); then D is the largest. A residual block needs the same degrees at both of its
// ends, as sequential layers of one width have them.
//
// [Sequential] gives each degree to equally many units (MAF, arXiv 1705.07057). [Sampled] draws degrees at random; in a
// [Cycle] the range starts at the smallest degree of the layer below, as MADE does, so that no unit is without input.
//
// # Sets and cycles
//
// A [Set] is an order with the degrees of every hidden layer: one network. MADE trains one set of weights with many of
// them, by drawing the order anew (order-agnostic training), the degrees of the hidden units (connectivity-agnostic), or
// both, and averages the probabilities p(x) of all of them in the end. A [Cycle] is the list of these sets. It follows
// from a [Recipe], whose seed is the only source of chance, and can be replayed from any index.
//
// While the connectivity is fixed the hidden units of each layer are sorted by degree: a renaming, after which masks are
// staircases. Where it is resampled the degrees of each unit are independent from set to set and are not sorted, for a
// sorted unit would keep almost the same degree for ever.
//
// # Proof
//
// [Verify] multiplies masks out and names the forbidden paths that it finds. It does not use the rule, and so judges masks
// wherever they come from.
package masks

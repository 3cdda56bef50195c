package config

// Uses that several keys share: a masked network is the whole MADE, or the conditioner of every layer of a flow, and a VAE has a
// flow when its posterior is an IAF.
var (
	withMADE   = []use{{"model.type", []string{"made"}}}
	withVAE    = []use{{"model.type", []string{"vae"}}}
	withLayers = []use{{"model.type", []string{"maf", "iaf"}}, {"model.posterior", []string{"iaf"}}}
	withMasks  = []use{{"model.type", []string{"made", "maf", "iaf"}}, {"model.posterior", []string{"iaf"}}}
	// withTarget are the models that are fitted by the reverse Kullback-Leibler divergence.
	withTarget = []use{{"model.type", []string{"iaf", "vae"}}}
)

// byType makes the default of a key that is one for the types that are named and another for the rest.
func byType[T any](value T, otherwise T, types ...string) func(*Config) T {
	return func(c *Config) T {
		for _, name := range types {
			if c.Model.Type == name {
				return value
			}
		}
		return otherwise
	}
}

var modelKeys = []key{
	{
		path: "model.type", at: func(c *Config) any { return &c.Model.Type }, initial: "made", values: []string{"made", "maf", "iaf", "vae"},
		doc: "kind of density: made, one masked network; maf, a flow whose density is one pass; iaf, a flow whose sampling is one pass; or vae, a variational autoencoder of binary rows",
	},
	{
		path: "model.output", at: func(c *Config) any { return &c.Model.Output }, initial: "bernoulli",
		values: []string{"bernoulli", "gaussian", "mog"}, only: withMADE,
		doc: "distribution of a variable given those before it; mog is a mixture of Gaussians",
	},
	{
		path: "model.base", at: func(c *Config) any { return &c.Model.Base }, initial: "normal",
		values: []string{"normal", "made", "mog"}, only: []use{{"model.type", []string{"maf"}}},
		doc: "density below the layers: normal, or a MADE that is trained with them, whose conditionals are Gaussians (made) or mixtures of Gaussians (mog)",
	},
	{
		path: "model.components", at: func(c *Config) any { return &c.Model.Components }, initial: 10, limits: between(1, maxSize),
		only: []use{{"model.output", []string{"mog"}}, {"model.base", []string{"mog"}}},
		doc:  "number of Gaussians in a mixture",
	},
	{
		path: "model.latent", at: func(c *Config) any { return &c.Model.Latent }, initial: 32, limits: between(1, maxSize), only: withVAE,
		doc: "number of latent variables",
	},
	{
		path: "model.encoder", at: func(c *Config) any { return &c.Model.Encoder }, initial: []int{500}, limits: between(1, maxSize), only: withVAE,
		doc: "number of units in each layer of the encoder, first to last",
	},
	{
		path: "model.decoder", at: func(c *Config) any { return &c.Model.Decoder }, initial: []int{500}, limits: between(1, maxSize), only: withVAE,
		doc: "number of units in each layer of the decoder, first to last",
	},
	{
		path: "model.posterior", at: func(c *Config) any { return &c.Model.Posterior }, initial: "iaf",
		values: []string{"diagonal", "iaf"}, only: withVAE,
		doc: "distribution of the latent variables given a row: a diagonal Gaussian, or an IAF above one",
	},
	{
		path: "model.context", at: func(c *Config) any { return &c.Model.Context }, initial: 64, limits: between(1, maxSize),
		only: []use{{"model.posterior", []string{"iaf"}}},
		doc:  "width of the context that the encoder gives to the layers of the posterior",
	},
	{
		path: "model.free_bits", at: func(c *Config) any { return &c.Model.FreeBits }, limits: atLeast(0), says: "0, none (vae)", only: withVAE,
		doc: "nats of divergence from the prior that cost nothing, for each latent variable, all of them taken together (the free bits of IAF)",
	},
	{
		path: "model.layers", at: func(c *Config) any { return &c.Model.Layers }, initial: byType(4, 5, "vae"), limits: between(1, maxLayers),
		only: withLayers,
		doc:  "number of autoregressive layers of the flow",
	},
	{
		path: "model.transform", at: func(c *Config) any { return &c.Model.Transform }, initial: byType("gated", "affine", "vae"),
		values: []string{"affine", "spline", "gated"}, only: withLayers,
		doc: "what a layer does to a variable given those before it: affine; spline, a monotone rational-quadratic spline; or gated, the mean of it and a shift, weighted by a sigmoid (IAF, algorithm 1; not maf)",
	},
	{
		path: "model.scale", at: func(c *Config) any { return &c.Model.Scale }, initial: "soft_clip",
		values: []string{"soft_clip", "softplus", "sigmoid", "exp"}, only: []use{{"model.transform", []string{"affine"}}},
		doc: "how the scale of an affine layer is made positive: exp of a softly clipped number, softplus, sigmoid, or exp as in the MAF paper, which may overflow",
	},
	{
		path: "model.bins", at: func(c *Config) any { return &c.Model.Bins }, initial: 8, limits: between(2, maxBins),
		only: []use{{"model.transform", []string{"spline"}}},
		doc:  "number of pieces of a spline",
	},
	{
		path: "model.bound", at: func(c *Config) any { return &c.Model.Bound }, initial: 3.0, limits: positive(),
		only: []use{{"model.transform", []string{"spline"}}},
		doc:  "where a spline ends on both sides of 0, the identity lying beyond",
	},
	{
		path: "model.permute", at: func(c *Config) any { return &c.Model.Permute }, initial: "reverse",
		values: []string{"reverse", "random", "none", "lu"}, only: withLayers,
		doc: "what mixes the variables between two layers: their reversed order, a random order, nothing, or a linear map by its LU decomposition",
	},
	{
		path: "model.normalise", at: func(c *Config) any { return &c.Model.Normalise }, initial: "none",
		values: []string{"none", "batch", "act"}, only: []use{{"model.type", []string{"maf", "iaf"}}},
		doc: "normalisation after every layer of the flow: none, batch normalisation (not iaf), or act, a scale and shift set by the first batch",
	},
	{
		path: "model.hidden", at: func(c *Config) any { return &c.Model.Hidden }, initial: []int{500}, limits: between(1, maxSize), only: withMasks,
		doc: "number of hidden units in each layer, or block of a residual network, first to last; an empty list is a masked network without hidden layers",
	},
	{
		path: "model.residual", at: func(c *Config) any { return &c.Model.Residual }, only: withMasks,
		doc: "whether each hidden width is that of a residual block of two layers, above a first layer of the same width",
	},
	{
		path: "model.activation", at: func(c *Config) any { return &c.Model.Activation }, initial: "relu",
		values: []string{"relu", "softplus", "tanh", "elu", "sigmoid", "gelu", "silu", "leaky_relu"},
		doc:    "non-linearity of the hidden units",
	},
	{
		path: "model.direct", at: func(c *Config) any { return &c.Model.Direct }, only: withMADE,
		doc: "connections from the inputs straight to the outputs (MADE, eq. 11)",
	},
	{
		path: "model.conditioning_weights", at: func(c *Config) any { return &c.Model.Conditioning }, only: withMADE,
		doc: "weights that tell a unit which of its inputs are connected (MADE, eq. 14)",
	},
	{
		path: "model.degrees", at: func(c *Config) any { return &c.Model.Degrees }, initial: byType("sampled", "sequential", "made"),
		values: []string{"sampled", "sequential"}, only: withMasks,
		doc: "degrees of the hidden units: sampled, uniform from the smallest degree of the layer below to D-1 (MADE), or sequential, as equal counts as possible (MAF)",
	},
	{
		path: "model.order", at: func(c *Config) any { return &c.Model.Order },
		initial: byType(Order{Name: "random"}, Order{Name: "natural"}, "made"), values: []string{"natural", "reversed", "random"}, only: withMasks,
		doc: "order of the variables in the first mask set, or the first layer of a flow; in a list, inputs that share a degree are independent given those before them, and stay together in every order",
	},
	{
		path: "model.groups", at: func(c *Config) any { return &c.Model.Groups }, limits: between(0, maxSize), only: withMADE,
		says: "0, degrees stay as the order has them (made)",
		doc:  "number of degrees that an order is merged down to, neighbours in the order sharing one",
	},
	{
		path: "model.orders.count", at: func(c *Config) any { return &c.Model.Orders.Count }, initial: Count(1),
		limits: between(1, maxSize), only: withMADE,
		doc: "number of mask sets, or unlimited for a fresh one in every step",
	},
	{
		path: "model.orders.resample", at: func(c *Config) any { return &c.Model.Orders.Resample }, initial: "both", values: []string{"order", "connectivity", "both"},
		only: withMADE,
		doc:  "what differs from set to set: the order, the connectivity (degrees of the hidden units), or both",
	},
	{
		path: "model.init", at: func(c *Config) any { return &c.Model.Init }, initial: byType("orthogonal", "lecun", "made"), by: "model.type",
		values: []string{"orthogonal", "he", "glorot", "lecun"},
		doc:    "how initial weights are drawn; biases start at 0",
	},
	{
		path: "model.stick_the_landing", at: func(c *Config) any { return &c.Model.StickTheLanding }, only: withTarget,
		doc: "whether the gradient of the reverse Kullback-Leibler divergence is taken without its score term (arXiv 1703.09194)",
	},
}

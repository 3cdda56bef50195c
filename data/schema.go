package data

// Schema says what the columns of a table are, in the order of the source.
type Schema []Column

// Column is what one column of a table is. Of a declaration the zero value of a field means that
// it is guessed; a schema that was guessed or fitted has them all.
type Column struct {
	// Name is that in the header, or the number of the column where there is none.
	Name string `json:"name"`
	// Kind is what its values are.
	Kind ColumnKind `json:"kind,omitempty"`
	// Role is what it is for; "" is a variable.
	Role Role `json:"role,omitempty"`
	// Levels are the values of a binary or categorical column as the file has them, sorted: value
	// k of the model is Levels[k].
	Levels []string `json:"levels,omitempty"`
	// Min and Max are declared bounds, nil where there is none. They are never observed ones: the
	// density has no mass beyond a bound, and a value beyond it is an error.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Step is what values are rounded to: 0.01, 5, and 1 for integers and days. 0 of a fitted real
	// column is no rounding. Exact declares that there is none.
	Step  float64 `json:"step,omitempty"`
	Exact bool    `json:"exact,omitempty"`
	// Period is that of a circular column.
	Period float64 `json:"period,omitempty"`
	// Format is the layout of a date or time, as package time has it. Its values are days since
	// 1970-01-01 where the layout has no time of day, else seconds.
	Format string `json:"format,omitempty"`
	// Missing is true where the column may have holes.
	Missing bool `json:"missing,omitempty"`
	// Atoms are numbers so frequent that each has a probability of its own.
	Atoms []float64 `json:"atoms,omitempty"`
	// Transform is what is done to the numbers before the model sees them.
	Transform Transform `json:"transform,omitempty"`
}

// ColumnKind is a kind of values of a column.
type ColumnKind string

// The kinds of columns.
const (
	Binary      ColumnKind = "binary"      // one of two levels
	Categorical ColumnKind = "categorical" // one of some levels without an order
	Integer     ColumnKind = "integer"     // whole numbers
	Real        ColumnKind = "real"
	Circular    ColumnKind = "circular" // angles, hours: numbers that return after a period
	Date        ColumnKind = "date"     // a day or a point in time
)

// Role is what a column is for.
type Role string

// The roles of columns.
const (
	VariableRole Role = "variable" // is modelled
	ContextRole  Role = "context"  // conditions the model
	LabelRole    Role = "label"    // stays beside the rows; no model sees it
	WeightRole   Role = "weight"   // how often a row counts, in training and in means over rows
	IDRole       Role = "id"       // names the row; no model sees it
	DropRole     Role = "drop"     // is not read
)

// Transform is a monotone map of the numbers of a column, with its log-determinant.
type Transform string

// The transforms of columns.
const (
	AsIs        Transform = "none"
	Standardise Transform = "standardise" // to mean 0 and variance 1 of the training rows
	LogScale    Transform = "log"         // then standardised
	LogitScale  Transform = "logit"       // on declared bounds, then standardised
	ProbitScale Transform = "probit"      // on declared bounds
	SplineScale Transform = "spline"      // the marginal of the training rows to about N(0, 1), linear tails
)

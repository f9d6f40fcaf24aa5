// quantities tells what Kubernetes makes of texts that may be quantities.
//
// It reads one JSON string a line, and for each writes one line of columns that tabs part: the string as it was read,
// the value in billionths, the canonical form, Value() and MilliValue() where they fit an int64, how it compares with
// the quantity before it, the canonical form of the sum of both, and seven times the quantity. A text that is no
// quantity has a dash in each column, and is not compared with; so has a column that says nothing.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"math/big"
	"os"
	"strconv"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
)

const none = "-"

// nanos is the exact value in billionths; quantities are no finer than that.
func nanos(q resource.Quantity) *big.Int {
	copied := q.DeepCopy()
	return new(inf.Dec).Round(copied.AsDec(), 9, inf.RoundUp).UnscaledBig()
}

func canonical(q resource.Quantity) string {
	number, suffix := q.CanonicalizeBytes(nil)
	return string(number) + string(suffix)
}

// scaled is ScaledValue, or none where an int64 can't hold it.
func scaled(q resource.Quantity, scale resource.Scale) string {
	copied := q.DeepCopy()
	whole := new(inf.Dec).Round(copied.AsDec(), inf.Scale(-scale), inf.RoundUp)
	if !whole.UnscaledBig().IsInt64() {
		return none
	}
	return strconv.FormatInt(q.ScaledValue(scale), 10)
}

func row(text string, before *resource.Quantity) ([]any, *resource.Quantity) {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return []any{none, none, none, none, none, none, none}, before
	}
	compared, sum := none, none
	if before != nil {
		compared = strconv.Itoa(q.Cmp(*before))
		added := q.DeepCopy()
		added.Add(*before)
		sum = canonical(added)
	}
	times := q.DeepCopy()
	times.Mul(7)
	return []any{nanos(q), canonical(q), scaled(q, 0), scaled(q, resource.Milli), compared, sum, canonical(times)}, &q
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	var before *resource.Quantity
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			log.Fatalf("%s: %v", lines.Bytes(), err)
		}
		var columns []any
		columns, before = row(text, before)
		fmt.Fprint(out, lines.Text())
		for _, column := range columns {
			fmt.Fprintf(out, "\t%v", column)
		}
		fmt.Fprintln(out)
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

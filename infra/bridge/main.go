// The OpenStack provider for machines where the official plugin cannot be
// installed: the same Terraform provider behind the same bridge, under the
// tokens of the official Python SDK (tokens.json, made by tokens.py).
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

// sdk holds, per Terraform name, its tokens in the Python SDK: the current
// one first, then those that live on as deprecated aliases.
type sdk struct {
	Version   string                           `json:"version"`
	Resources map[string][]tokens.Type         `json:"resources"`
	Functions map[string][]tokens.ModuleMember `json:"functions"`
	// Renamed holds properties whose name does not follow the bridge's rule, by Terraform names.
	Renamed map[string]map[string]string `json:"renamed"`
}

//go:embed tokens.json
var tokensJSON []byte

// The engine's Python programs need no schema from the plugin.
var emptySchema = []byte(`{"name":"openstack"}`)

func main() {
	var names sdk
	if err := json.Unmarshal(tokensJSON, &names); err != nil {
		fmt.Fprintln(os.Stderr, "tokens.json:", err)
		os.Exit(1)
	}
	info := provider(names)
	if len(os.Args) == 2 && os.Args[1] == "-properties" {
		if err := json.NewEncoder(os.Stdout).Encode(properties(info)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	tfbridge.Main("openstack", names.Version, info, emptySchema)
}

func provider(names sdk) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(openstack.Provider()),
		Name:        "openstack",
		Version:     names.Version,
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
	}
	for name, known := range names.Resources {
		fields := map[string]*tfbridge.SchemaInfo{}
		for property, called := range names.Renamed[name] {
			fields[property] = &tfbridge.SchemaInfo{Name: called}
		}
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: known[0], Fields: fields}
		for _, old := range known[1:] {
			info.RenameResourceWithAlias(name, old, known[0], module(old), module(known[0]), &tfbridge.ResourceInfo{Fields: fields})
		}
	}
	for name, known := range names.Functions {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: known[0]}
		for _, old := range known[1:] {
			info.RenameDataSource(name, old, known[0], module(old), module(known[0]), nil)
		}
	}
	// The official plugin's rule: a name that is left out is made from the resource's.
	info.SetAutonaming(255, "-")
	return info
}

// module is "compute" of "openstack:compute/flavor:Flavor".
func module[token ~string](of token) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(string(of), "openstack:"), "/")
	return name
}

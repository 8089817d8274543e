package main

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// property is one input as a Pulumi program writes it.
type property struct {
	Terraform string              `json:"terraform"`
	Type      string              `json:"type"`
	List      bool                `json:"list"`
	Required  bool                `json:"required"`
	Members   map[string]property `json:"members,omitempty"`
}

// served is what `-properties` prints: the provider's own settings, and by
// token what programs set and read. Terraform lists what it has, named in
// tokens.json or not.
type served struct {
	Provider  map[string]property `json:"provider"`
	Resources map[string]shape    `json:"resources"`
	Functions map[string]shape    `json:"functions"`
	Terraform struct {
		Resources   []string `json:"resources"`
		DataSources []string `json:"data_sources"`
	} `json:"terraform"`
}

type shape struct {
	Inputs  map[string]property `json:"inputs"`
	Outputs []string            `json:"outputs"`
}

func properties(info tfbridge.ProviderInfo) served {
	all := served{
		Provider:  inputs(info.P.Schema(), nil, false),
		Resources: map[string]shape{},
		Functions: map[string]shape{},
	}
	info.P.ResourcesMap().Range(func(name string, resource shim.Resource) bool {
		if !strings.HasSuffix(name, tfbridge.RenamedEntitySuffix) {
			all.Terraform.Resources = append(all.Terraform.Resources, name)
		}
		if named, ok := info.Resources[name]; ok {
			all.Resources[string(named.Tok)] = shaped(resource.Schema(), named.Fields)
		}
		return true
	})
	info.P.DataSourcesMap().Range(func(name string, source shim.Resource) bool {
		if !strings.HasSuffix(name, tfbridge.RenamedEntitySuffix) {
			all.Terraform.DataSources = append(all.Terraform.DataSources, name)
		}
		if named, ok := info.DataSources[name]; ok {
			all.Functions[string(named.Tok)] = shaped(source.Schema(), named.Fields)
		}
		return true
	})
	return all
}

func shaped(schema shim.SchemaMap, fields map[string]*tfbridge.SchemaInfo) shape {
	found := shape{Inputs: inputs(schema, fields, false)}
	schema.Range(func(name string, field shim.Schema) bool {
		if field.Removed() == "" {
			found.Outputs = append(found.Outputs, tfbridge.TerraformToPulumiNameV2(name, schema, fields))
		}
		return true
	})
	return found
}

// inputs applies the bridge's own naming to what a user may set. Nested
// objects are types shared with the state, so they keep what is only read.
func inputs(schema shim.SchemaMap, fields map[string]*tfbridge.SchemaInfo, nested bool) map[string]property {
	found := map[string]property{}
	schema.Range(func(name string, field shim.Schema) bool {
		if !field.Optional() && !field.Required() && !nested || field.Removed() != "" {
			return true
		}
		info := fields[name]
		one := property{
			Terraform: name,
			Type:      field.Type().String(),
			List:      plural(field) && !tfbridge.IsMaxItemsOne(field, info),
			Required:  field.Required() && field.DefaultFunc() == nil && (info == nil || info.Default == nil),
		}
		if members, ok := field.Elem().(shim.Resource); ok {
			one.Members = inputs(members.Schema(), nil, true)
		}
		found[tfbridge.TerraformToPulumiNameV2(name, schema, fields)] = one
		return true
	})
	return found
}

func plural(field shim.Schema) bool {
	return field.Type() == shim.TypeList || field.Type() == shim.TypeSet
}

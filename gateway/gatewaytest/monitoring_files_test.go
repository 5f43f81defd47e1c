package gatewaytest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// dashboardFile is what matters here of Grafana's model of a dashboard.
type dashboardFile struct {
	Panels []struct {
		Title, Type string
		Targets     []struct{ Expr string }
	}
}

func readDashboard(t *testing.T) dashboardFile {
	t.Helper()
	content, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d dashboardFile
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatalf("%s: %v", dashboard, err)
	}
	return d
}

// asGrafana puts in what Grafana does for its variables, on a panel of the last minutes.
func asGrafana(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$window", "5m", "$line", ".*").Replace(expr)
}

func TestMonitoring_EveryPanelAsksSomethingAndIsNamedInBothLanguages(t *testing.T) {
	t.Parallel()
	asking := 0
	for _, p := range readDashboard(t).Panels {
		if vi, en, ok := strings.Cut(p.Title, " | "); !ok || vi == "" || en == "" {
			t.Errorf("panel %q is not named in Vietnamese and, after a bar, in English", p.Title)
		}
		if p.Type == "row" {
			continue
		}
		asking++
		if len(p.Targets) == 0 {
			t.Errorf("panel %q asks nothing", p.Title)
		}
		for _, target := range p.Targets {
			if left := asGrafana(target.Expr); left == "" || strings.Contains(left, "$") {
				t.Errorf("panel %q asks %q, want a query without variables that the test does not know", p.Title, left)
			}
		}
	}
	if asking < 20 {
		t.Errorf("%s has %d panels that ask something, want at least 20", dashboard, asking)
	}
}

// ruleFile is a file of rules, testFile one of promtool's tests for it.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Alert       string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

type testFile struct {
	Tests []struct {
		AlertRuleTest []struct {
			Alertname string
			ExpAlerts []any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

// readYAML reads one of the files for Prometheus.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(rulesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestMonitoring_EveryAlarmIsTestedAndExplained: promtool runs the tests (.ci/monitoring); this looks whether there
// are enough of them, and whether whoever is woken is told why and what to do, in both languages.
func TestMonitoring_EveryAlarmIsTestedAndExplained(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(alertsDoc)
	if err != nil {
		t.Fatal(err)
	}
	alarms := 0
	for _, name := range []string{"rules", "objectives"} {
		var rules ruleFile
		var tests testFile
		readYAML(t, name+".yml", &rules)
		readYAML(t, name+"_test.yml", &tests)
		fires, quiet := map[string]bool{}, map[string]bool{}
		for _, test := range tests.Tests {
			for _, check := range test.AlertRuleTest {
				fires[check.Alertname] = fires[check.Alertname] || len(check.ExpAlerts) > 0
				quiet[check.Alertname] = quiet[check.Alertname] || len(check.ExpAlerts) == 0
			}
		}
		for _, group := range rules.Groups {
			for _, r := range group.Rules {
				if r.Alert == "" {
					continue
				}
				alarms++
				always := r.Labels["severity"] == "none"
				if !fires[r.Alert] || !quiet[r.Alert] && !always {
					t.Errorf("%s: tests have it fire: %v, and not: %v; want both", r.Alert, fires[r.Alert], quiet[r.Alert])
				}
				if s := r.Labels["severity"]; s != "critical" && s != "warning" && s != "none" {
					t.Errorf("%s has severity %q", r.Alert, s)
				}
				if r.Annotations["summary"] == "" || r.Annotations["summary_en"] == "" {
					t.Errorf("%s lacks a summary in Vietnamese or English", r.Alert)
				}
				if anchor := "ops/runbook/alerts.md#" + strings.ToLower(r.Alert); !strings.HasSuffix(r.Annotations["runbook_url"], anchor) {
					t.Errorf("%s points to %q, want …%s", r.Alert, r.Annotations["runbook_url"], anchor)
				}
				if !strings.Contains(string(doc), "\n### "+r.Alert+"\n") {
					t.Errorf("%s does not explain %s", alertsDoc, r.Alert)
				}
			}
		}
	}
	if alarms < 20 {
		t.Errorf("%d alarms were looked at, want at least 20", alarms)
	}
}

package phone

import "testing"

func TestNumber_TakesTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, number string
		want         bool
	}{
		{"mobile", "+84905000001", true},
		{"mobile with a prefix of three digits", "+84559000001", true},
		{"mobile prefix newer than the plan we know", "+84400000001", true},
		{"landline of Quảng Ngãi", "+842553822115", false},
		{"landline of former Kon Tum", "+842603862115", false},
		{"landline of Hà Nội", "+842438255555", false},
		{"landline of the plan before 2017, an area code no longer used", "+84553822115", true}, // 055 is mobile now
		{"landline of an area that the plan does not have", "+84200000001", false},
		{"police and army, short", "+8469219405", false},
		{"police and army", "+84692194053", false},
		{"free of charge, 8 digits", "+8418001768", false},
		{"free of charge, 10 digits", "+841800599920", false},
		{"charged", "+841900969680", false},
		{"German mobile", "+4915112345678", true},
		{"German landline", "+4930901820", false},
		{"British mobile", "+447911123456", true},
		{"British toll-free", "+448001111111", false},
		{"British premium rate", "+449012345678", false},
		{"United States, either kind", "+14155552671", true},
		{"United States, toll-free", "+18005551234", false},
		{"Lao mobile", "+8562055551234", true},
		{"no such country code", "+9991234567", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := ParseE164(tt.number)
			if err != nil {
				t.Fatal(err)
			}
			if got := n.TakesTexts(); got != tt.want {
				t.Errorf("TakesTexts(%s) = %v, want %v", tt.number, got, tt.want)
			}
		})
	}
	if (Number{}).TakesTexts() {
		t.Error("TakesTexts of the zero Number = true, want false")
	}
}

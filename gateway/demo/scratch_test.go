package demo
import ("testing";"testing/synctest";"context";"time";"fmt";"github.com/tincay/hotline/routing/texts")
func TestScratch(t *testing.T){
 synctest.Test(t, func(t *testing.T){
  b:=newBrowser(t, texts.Vietnamese)
  c:=b.demo.world.carrier
  p,_:=c.Phone(personNumber).Dial(context.Background(), "+84900000100")
  b.pass(8*time.Second)
  for _,n:=range []string{"+84900000001","+84900000002","+84900000003","+84900000004"} { for _,l:=range c.Phone(n).Ringing(){ fmt.Println("RINGS",n,l.SID) } }
  b.pass(20*time.Second)
  lan:=c.Phone("+84900000001").Ringing()
  if len(lan)>0 { lan[0].Answer(); b.pass(2*time.Second); fmt.Println(lan[0].Press("1")); b.pass(5*time.Second); p.Speak("alo"); lan[0].Speak("chao em"); b.pass(5*time.Second); fmt.Println(lan[0].TalkingWith()); lan[0].HangUp(); b.pass(20*time.Second); p.HangUp(); b.pass(time.Second)}
  for ch:=range c.Changes(done(), 0) { k:=""; if ch.Call!=nil {k=ch.Call.SID[28:]+" "+string(ch.Call.Status)+fmt.Sprint(ch.Call.TalkingWith)}; fmt.Println(ch.At.Format("05.000"),ch.Kind,ch.Phone,ch.Text,ch.Message.Body,k) }
  es,_:=b.demo.world.app.Journal(context.Background(), "phuong-mau","",500)
  for _,e:=range es { fmt.Println(e.At.Format("05.000"), e.Notes) }
  cs,_:=b.demo.world.app.OpenCases(context.Background(),"phuong-mau")
  for _,x:=range cs { fmt.Printf("%+v\n",x.Deadlines) }
  fmt.Println(c.Alerts())
 })
}
func done() context.Context { c,f:=context.WithCancel(context.Background()); f(); return c }

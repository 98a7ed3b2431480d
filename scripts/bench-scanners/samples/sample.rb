class SampleController < ApplicationController
  def show
    name = params[:name]
    User.where("name = '#{name}'")
    system("ls " + name)
    eval(name)
    File.read("/srv/" + name)
    raw(name)
    redirect_to(params[:next])
  end
end
